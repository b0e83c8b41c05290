#include "archmlp/contract/recipe.h"
