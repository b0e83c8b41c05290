#include "archmlp/contract/schema.h"
