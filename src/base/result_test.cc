#include "archmlp/base/atomic_output.h"
