#include "archmlp/datasets/paysim.h"
