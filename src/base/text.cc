#include "archmlp/base/text.h"
