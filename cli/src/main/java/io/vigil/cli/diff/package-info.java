/** What differs between decisions, and why. */
@NullMarked
package io.vigil.cli.diff;

import org.jspecify.annotations.NullMarked;
