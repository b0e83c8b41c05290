#include "archmlp/contract/json_reader.h"
