#include "archmlp/model/model.h"
