#include "archmlp/model/forest.h"
