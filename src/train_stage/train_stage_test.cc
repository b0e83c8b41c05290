#include "archmlp/train_stage/train_stage.h"
