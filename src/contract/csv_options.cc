#include "archmlp/contract/csv_options.h"
