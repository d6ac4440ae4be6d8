@NullMarked
package io.vigil.cli.audit;

import org.jspecify.annotations.NullMarked;
