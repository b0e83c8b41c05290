#include "archmlp/contract/dataset_contract.h"
