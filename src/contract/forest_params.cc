#include "archmlp/contract/forest_params.h"
