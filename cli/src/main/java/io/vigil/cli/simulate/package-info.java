/**
 * A seeded stream of card payments and transfers with planted fraud and the labels that follow it,
 * the same to the bit on every machine. The choices are argued in docs/simulator.md.
 */
@NullMarked
package io.vigil.cli.simulate;

import org.jspecify.annotations.NullMarked;
