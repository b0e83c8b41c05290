#include "archmlp/serve/handler.h"
