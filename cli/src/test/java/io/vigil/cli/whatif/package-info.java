@NullMarked
package io.vigil.cli.whatif;

import org.jspecify.annotations.NullMarked;
