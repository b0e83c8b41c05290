#include "archmlp/train/forest_trainer.h"
