/** Models in service: loaded once for a device, run by its threads, shared by all who score. */
@NullMarked
package io.vigil.model.serving;

import org.jspecify.annotations.NullMarked;
