@NullMarked
package io.vigil.cli.ingest;

import org.jspecify.annotations.NullMarked;
