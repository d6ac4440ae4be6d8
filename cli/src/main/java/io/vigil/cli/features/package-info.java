/** Feature vectors as files, and feature specs in words. */
@NullMarked
package io.vigil.cli.features;

import org.jspecify.annotations.NullMarked;
