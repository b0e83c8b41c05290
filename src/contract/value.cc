#include "archmlp/contract/value.h"
