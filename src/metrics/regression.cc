#include "archmlp/metrics/regression.h"
