@NullMarked
package io.vigil.cli.result;

import org.jspecify.annotations.NullMarked;
