#include "archmlp/preprocess/preprocess_stage.h"
