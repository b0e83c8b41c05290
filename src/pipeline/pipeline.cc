#include "archmlp/pipeline/pipeline.h"
