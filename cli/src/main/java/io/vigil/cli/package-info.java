/** The command line: {@code vigil …}. Only this layer prints. */
@NullMarked
package io.vigil.cli;

import org.jspecify.annotations.NullMarked;
