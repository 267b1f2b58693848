// The three sums of the second convolution in oneDNN 2, for src/compare.py: microseconds a sample.
//
//     cc -O2 onednn.c -o onednn -ldnnl && OMP_NUM_THREADS=1 ./onednn
//
// In the layouts that oneDNN likes best; what it takes to get there and back is not counted.
#include <dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 32, FILTERS = 8, RUNS = 25, TIMES = 20 };
static dnnl_engine_t engine;
static dnnl_stream_t stream;
static dnnl_memory_desc_t a, w, b, z;

static void must(dnnl_status_t status)
{
    if (status != dnnl_success) {
        fprintf(stderr, "onednn: oneDNN refuses: status %d\n", (int)status);
        exit(1);
    }
}

static dnnl_memory_desc_t array(int dimensions, const dnnl_dims_t extents)
{
    dnnl_memory_desc_t d;
    dnnl_format_tag_t tag = dimensions == 1 ? dnnl_a : dnnl_format_tag_any;
    must(dnnl_memory_desc_init_by_tag(&d, dimensions, extents, dnnl_f32, tag));
    return d;
}

// Memory of the layout that an operation wants, filled with small numbers.
static dnnl_exec_arg_t argument(dnnl_primitive_desc_t operation, dnnl_query_t what, int index,
                                int name)
{
    dnnl_exec_arg_t found = {name, NULL};
    const dnnl_memory_desc_t *d = dnnl_primitive_desc_query_md(operation, what, index);
    float *number;
    must(dnnl_memory_create(&found.memory, d, engine, DNNL_MEMORY_ALLOCATE));
    must(dnnl_memory_get_data_handle(found.memory, (void **)&number));
    for (size_t i = 0; i < dnnl_memory_desc_get_size(d) / sizeof *number; i++)
        number[i] = (i * 37 % 101 - 50) / 500.f;
    return found;
}

static int by_size(const void *x, const void *y)
{
    return (*(const double *)x > *(const double *)y) - (*(const double *)x < *(const double *)y);
}

static double now(void)   // seconds
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

// The median, in microseconds a sample.
static void measure(const char *name, dnnl_primitive_desc_t operation, int count,
                    dnnl_exec_arg_t arguments[])
{
    dnnl_primitive_t primitive;
    double run[RUNS];
    must(dnnl_primitive_create(&primitive, operation));
    for (int r = -3; r < RUNS; r++) {
        double since = now();
        for (int k = 0; k < TIMES; k++)
            must(dnnl_primitive_execute(primitive, stream, count, arguments));
        must(dnnl_stream_wait(stream));
        if (r >= 0)
            run[r] = 1e6 * (now() - since) / (TIMES * BATCH);
    }
    qsort(run, RUNS, sizeof *run, by_size);
    printf("%s %.3f\n", name, run[RUNS / 2]);
}

int main(void)
{
    const dnnl_dims_t one = {1, 1}, none = {0, 0};
    dnnl_convolution_desc_t d;
    dnnl_primitive_desc_t forward, back;
    must(dnnl_engine_create(&engine, dnnl_cpu, 0));
    must(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
    a = array(4, (dnnl_dims_t){BATCH, FILTERS, 24, 24});
    z = array(4, (dnnl_dims_t){BATCH, FILTERS, 20, 20});
    w = array(4, (dnnl_dims_t){FILTERS, FILTERS, 5, 5});
    b = array(1, (dnnl_dims_t){FILTERS});

    must(dnnl_convolution_forward_desc_init(&d, dnnl_forward_training, dnnl_convolution_direct,
                                            &a, &w, &b, &z, one, none, none));
    must(dnnl_primitive_desc_create(&forward, &d, NULL, engine, NULL));
    measure("(7)", forward, 4, (dnnl_exec_arg_t[]){
        argument(forward, dnnl_query_src_md, 0, DNNL_ARG_SRC),
        argument(forward, dnnl_query_weights_md, 0, DNNL_ARG_WEIGHTS),
        argument(forward, dnnl_query_weights_md, 1, DNNL_ARG_BIAS),
        argument(forward, dnnl_query_dst_md, 0, DNNL_ARG_DST)});

    must(dnnl_convolution_backward_data_desc_init(&d, dnnl_convolution_direct, &a, &w, &z,
                                                  one, none, none));
    must(dnnl_primitive_desc_create(&back, &d, NULL, engine, forward));
    measure("(8)", back, 3, (dnnl_exec_arg_t[]){
        argument(back, dnnl_query_diff_dst_md, 0, DNNL_ARG_DIFF_DST),
        argument(back, dnnl_query_weights_md, 0, DNNL_ARG_WEIGHTS),
        argument(back, dnnl_query_diff_src_md, 0, DNNL_ARG_DIFF_SRC)});

    must(dnnl_convolution_backward_weights_desc_init(&d, dnnl_convolution_direct, &a, &w, NULL,
                                                     &z, one, none, none));
    must(dnnl_primitive_desc_create(&back, &d, NULL, engine, forward));
    measure("(9)", back, 3, (dnnl_exec_arg_t[]){
        argument(back, dnnl_query_src_md, 0, DNNL_ARG_SRC),
        argument(back, dnnl_query_diff_dst_md, 0, DNNL_ARG_DIFF_DST),
        argument(back, dnnl_query_diff_weights_md, 0, DNNL_ARG_DIFF_WEIGHTS)});
    return 0;
}
