@NullMarked
package io.vigil.schema.client;

import org.jspecify.annotations.NullMarked;
