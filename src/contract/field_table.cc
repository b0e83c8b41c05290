#include "archmlp/contract/field_table.h"
