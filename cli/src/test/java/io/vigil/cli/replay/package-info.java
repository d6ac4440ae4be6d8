@NullMarked
package io.vigil.cli.replay;

import org.jspecify.annotations.NullMarked;
