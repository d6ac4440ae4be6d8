@NullMarked
package io.vigil.cli.plan;

import org.jspecify.annotations.NullMarked;
