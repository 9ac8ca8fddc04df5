#include "CMatIO.h"
