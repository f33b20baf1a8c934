/* A program that does nothing: what it costs to start and end a process at all. */
int main(void)
{
    return 0;
}
