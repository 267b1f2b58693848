// Tangled from chapters/0-notation.md [d66b8966dfc5]: edit there, or here and make stitch
// What a number is
#if defined COMPLEX
typedef double _Complex weight, real;
enum { SAMPLES = 1 };
#elif defined LANES
typedef float weight;
typedef float real __attribute__((vector_size(4 * LANES)));
enum { SAMPLES = LANES };
#else
typedef double weight, real;
enum { SAMPLES = 1 };
#endif
