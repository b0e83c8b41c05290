#include "archmlp/bundle/bundle.h"
