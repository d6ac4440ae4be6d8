/** What a score's reasons are called: a stable code for everything that a feature can tell. */
@NullMarked
package io.vigil.model.reason;

import org.jspecify.annotations.NullMarked;
