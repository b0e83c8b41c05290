#include "archmlp/evaluate/evaluate.h"
