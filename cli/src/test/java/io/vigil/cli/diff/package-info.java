@NullMarked
package io.vigil.cli.diff;

import org.jspecify.annotations.NullMarked;
