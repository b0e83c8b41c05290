#include "archmlp/table/table.h"
