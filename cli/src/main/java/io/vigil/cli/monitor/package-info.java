/** What comes in and what is decided of it, as {@code vigil monitor} watches it. */
@NullMarked
package io.vigil.cli.monitor;

import org.jspecify.annotations.NullMarked;
