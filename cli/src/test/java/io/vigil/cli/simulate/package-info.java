@NullMarked
package io.vigil.cli.simulate;

import org.jspecify.annotations.NullMarked;
