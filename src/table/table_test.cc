#include "archmlp/table/cell_decoder.h"
