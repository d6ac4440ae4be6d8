@NullMarked
package io.vigil.cli.local;

import org.jspecify.annotations.NullMarked;
