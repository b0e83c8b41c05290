#include "archmlp/transform/plan.h"
