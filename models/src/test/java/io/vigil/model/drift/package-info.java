@NullMarked
package io.vigil.model.drift;

import org.jspecify.annotations.NullMarked;
