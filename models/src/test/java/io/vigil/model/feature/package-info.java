@NullMarked
package io.vigil.model.feature;

import org.jspecify.annotations.NullMarked;
