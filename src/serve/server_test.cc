#include "archmlp/serve/server.h"
