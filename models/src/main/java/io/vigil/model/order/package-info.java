/** Order and time: a partition's clock, a record's effective time, and the order of the stream. */
@NullMarked
package io.vigil.model.order;

import org.jspecify.annotations.NullMarked;
