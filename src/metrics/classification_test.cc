#include "archmlp/metrics/classification.h"
