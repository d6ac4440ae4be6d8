@NullMarked
package io.vigil.cli.bridge;

import org.jspecify.annotations.NullMarked;
