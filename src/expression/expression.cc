#include "archmlp/expression/expression.h"
