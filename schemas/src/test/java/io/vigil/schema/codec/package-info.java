@NullMarked
package io.vigil.schema.codec;

import org.jspecify.annotations.NullMarked;
