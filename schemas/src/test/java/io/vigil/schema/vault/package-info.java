@NullMarked
package io.vigil.schema.vault;

import org.jspecify.annotations.NullMarked;
